"""One payment: its receipt, or where its money is; the document to keep."""

from django.http import Http404, HttpRequest, HttpResponse

from eid_portal.core import verify
from eid_portal.core.web import TooMany
from payments.selectors import disputes
from payments.selectors import receipts as selectors
from payments.selectors.receipts import Receipt
from payments.services import receipts
from payments.views.pages import MoneyView


class ReceiptView(MoneyView):
    """A page about one payment of the person's own."""

    place = "paid"

    def find(self, public_id: str) -> Receipt:
        """A payment of the person's own.

        Raises:
            Http404: there is none.
        """
        found = selectors.find_receipt(self.here.account, public_id)
        if found is None:
            raise Http404
        return found


class ShowReceipt(ReceiptView):
    """The page of one payment."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """It."""
        receipt = self.find(public_id)
        dispute = disputes.standing_of(receipt, now=self.now)
        if not receipt.is_receipt:
            asked = selectors.find_asked_of(receipt, now=self.now)
            return self.draw("payment", receipt=receipt, dispute=dispute, asked=asked)
        return self.draw(
            "receipt",
            receipt=receipt,
            dispute=dispute,
            standing=receipts.standing(receipt),
            qr=receipts.qr_of(receipt),
            code=verify.grouped(receipts.code_of(receipt)),
        )


class ReceiptDocument(MoneyView):
    """The receipt as a signed PDF document."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """It, to be kept.

        Raises:
            Http404: there is none.
            TooMany: too many were made in an hour.
        """
        try:
            number, content = receipts.make_document(
                account=self.here.account, public_id=public_id, now=self.now
            )
        except receipts.NoReceipt as refused:
            raise Http404 from refused
        except receipts.TooManyReceipts as refused:
            raise TooMany(until=refused.until) from None
        answer = HttpResponse(content, content_type="application/pdf")
        name = number.replace("/", "-")
        answer["Content-Disposition"] = f'attachment; filename="eid-receipt-{name}.pdf"'
        answer["Cache-Control"] = "no-store"
        return answer
