"""Plays the outside world over its real wire: population register, SMS gateway, time-stamp service, card production.

A small WSGI application without Django, with its own settings, process and store (a file under ``EID_VAR``). It
imports nothing of the portal but the reading of the environment, and nothing imports it. Values choose the outcome:
the last two digits of a personal number or a phone number; the home page lists them. It refuses to run in production.
"""
