"""What operations there are: the OpenAPI schema, and a page of our own that lists them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularAPIView

from eid_portal.core.pages import audience


class SignatureScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # their hook has no types
    """How the schema describes :class:`SignedParty`."""

    target_class = "eid_portal.core.api.SignedParty"
    match_subclasses = True
    name = "HTTPMessageSignature"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """OpenAPI knows no signatures; the words say what must be covered."""
        return {
            "type": "http",
            "scheme": "Signature",
            "description": "RFC 9421, Ed25519, over @method @target-uri content-type content-digest"
            " with created, keyid, nonce and tag; at most 300 seconds old, each nonce once.",
        }


class Schema(SpectacularAPIView):
    """The OpenAPI schema of ``/api/``, in JSON."""

    audience = "public"
    renderer_classes = [OpenApiJsonRenderer2]


@audience("public")
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The operations of the schema as a page of our own: nothing from elsewhere."""
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call] # nor has this
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    return render(
        request,
        "pages/api_docs.html",
        {"operations": operations, "schemas": schema.get("components", {}).get("schemas", {})},
    )
