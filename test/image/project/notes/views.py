import hashlib

from django.conf import settings
from django.core import signing
from django.db import connections
from django.http import JsonResponse
from django.shortcuts import render

from .models import Note


def index(request):
    return render(request, "notes/index.html", {"notes": Note.objects.all(), "greeting": settings.GREETING})


def me(request):
    """Logs in by a signed token in a header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Token":
        return JsonResponse({"token": signing.dumps({"user": token})})
    try:
        return JsonResponse(signing.loads(token))
    except signing.BadSignature:
        return JsonResponse({"detail": "no valid token"}, status=401)


def seen(request):
    """What the application sees of a request, of its settings and of its databases."""

    def ask(alias, query):
        with connections[alias].cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()

    return JsonResponse(
        {
            "host": request.get_host(),
            "secure": request.is_secure(),
            "client": request.META["REMOTE_ADDR"],
            "partner": hashlib.sha256(settings.PARTNER_KEY.encode()).hexdigest(),
            "tls": [ask(alias, "SHOW STATUS LIKE 'Ssl_cipher'")[1] for alias in ("default", "replica")],
            "readOnly": [ask(alias, "SELECT @@read_only")[0] for alias in ("default", "replica")],
        }
    )
