"""The Django admin's windows on papers: registries, verifications, corrections, kinds; never a person or a paper."""

from documents.admin import corrections, defined_kinds, papers, registries, verifications

__all__ = ["corrections", "defined_kinds", "papers", "registries", "verifications"]
