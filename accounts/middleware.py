"""stub"""
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
class DeviceSessionMiddleware(SessionMiddleware, AuthenticationMiddleware): ...
