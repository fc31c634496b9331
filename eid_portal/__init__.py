"""The ground of the portal: settings, addresses, processes, and the core every app stands on.

It names the apps by string only and imports none of them.
"""
