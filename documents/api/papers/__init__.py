"""The papers of a citizen, for their own application: what the pages of the wallet do."""
