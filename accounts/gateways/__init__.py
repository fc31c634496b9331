"""The outside parties of accounts: one module a party, and only it knows the party's field names.

A gateway asks once, checks the shape of what comes back, and returns frozen values. It never retries, never writes
and never decides; called by services alone, outside any transaction.
"""
