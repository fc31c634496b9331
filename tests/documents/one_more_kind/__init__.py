"""A kind of paper that the portal does not have: one file in each of the four places, as they would be written."""
