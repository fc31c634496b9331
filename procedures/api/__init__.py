"""The JSON API of procedures: the catalogue for anybody, drafts and applications for a citizen's own application."""
