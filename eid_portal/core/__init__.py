"""The ground floor: mechanisms every app stands on, one module each.

It knows no business word: no citizen, no card, no payment. People appear as ids only.
"""
