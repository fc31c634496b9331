"""`make run`: the whole portal on one machine, with its stores, kept running by one process.

Only the standard library is used here, and nothing of the portal but `eid_portal.env`: this is
what starts the rest.
"""
