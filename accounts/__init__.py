"""Citizens, ID cards, e-ID accounts, authenticators, sign-in, officers, the counter, notices.

It owns who a person is to the portal and how they prove it. It never knows of documents, payments or procedures.
"""
