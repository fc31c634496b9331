"""Words of the admin's own templates that the extractor cannot see or Django leaves in English."""

from django.utils.translation import gettext_noop as N_  # noqa: N812 - the extractor's name for it

WORDS = (
    N_("End this role now"),
    N_("Find a citizen by the whole personal number."),
    N_("Newest"),
    N_("Older"),
    N_("Open the data, with a reason"),
    N_("Please correct what is marked below."),
    N_("Administration"),
    N_("Digital Identity"),
    N_("Search"),
    N_("Show all"),
    N_("Sign out"),
    N_("Add link"),
    N_("Added:"),
    N_("Breadcrumbs"),
    N_("Change or view list link"),
    N_("Changed:"),
    N_("Deleted:"),
    N_("Filter navigation items"),
    N_("Hide counts"),
    N_("Model name"),
    N_("Select all objects on this page for an action"),
    N_("Select this object for an action - {}"),
    N_("Show counts"),
    N_("Sidebar"),
    N_("Skip to main content"),
    N_("Toggle navigation"),
    N_("View selected %(model)s"),
)
