"""Plays the outside world over its real wire: population register, registries of papers, SMS gateway and the like.

A small WSGI application without Django, with its own settings, process and store (a file under ``EID_VAR``). It
imports nothing of the portal but the reading of the environment, and nothing imports it. Values choose the outcome:
the last two digits of a number of a person, a paper or a phone; the home page lists them. It refuses to run in
production.
"""
