"""What every page of a wallet stands on: whose it is, and what there is instead where nobody may act."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from accounts.views.access import CitizenView
from documents.services import wallets


class WalletView(CitizenView):
    """A page of one's own wallet, or of a ward's: who may not open it sees nothing, or why not."""

    wallet: wallets.Opened

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page, or what there is instead."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except (wallets.NoSuchPaper, wallets.NoSuchWard) as error:
            raise Http404 from error
        except wallets.WardGrown as error:
            return self.instead("wards_grown", HTTPStatus.GONE, grown=error.ward)
        except wallets.NoGuardian as error:
            return self.instead("wards_unable", HTTPStatus.FORBIDDEN, message=error.message)

    def open_with(self, public_id: str) -> wallets.Opened:
        """The wallet a paper is in; the page is about it from now on."""
        self.wallet = wallets.open_with(session=self.here, public_id=public_id, now=self.now)
        return self.wallet

    def open_searched(self, public_id: str) -> wallets.Opened:
        """The wallet a search was made for; the page is about it from now on."""
        self.wallet = wallets.open_searched(session=self.here, public_id=public_id, now=self.now)
        return self.wallet

    def open_of(self, ward_id: str) -> wallets.Opened:
        """One's own wallet, or that of a ward; the page is about it from now on."""
        self.wallet = wallets.open_of(session=self.here, ward_id=ward_id, now=self.now)
        return self.wallet

    def draw(self, name: str, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
        """A page about the wallet that was opened."""
        context |= {
            "display_name": self.here.account.citizen.full_name,
            "wallet_of": self.wallet,
            "ward": self.wallet.ward,
        }
        return render(self.request, f"documents/{name}.html", context, status=status)

    def instead(self, page: str, status: HTTPStatus, **values: Any) -> HttpResponse:
        """Another page at this address."""
        context = {"display_name": self.here.account.citizen.full_name, **values}
        return render(self.request, f"accounts/account/{page}.html", context, status=status)
