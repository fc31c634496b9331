"""What every operation about papers stands on."""

from accounts.api.account import samples
from accounts.api.account.operations import CitizenOperation, operation
from accounts.services import assurance
from documents.api import problems
from documents.services import wallets

__all__ = ["ANY_WALLET", "OF_WARD", "PapersOperation", "operation"]
# Whoever asks for a child or ward may be refused so; one's own wallet is always open.
ANY_WALLET = (
    assurance.StepUpNeeded,
    wallets.WardGrown,
    wallets.NoGuardian,
    wallets.NoSuchPaper,
)
OF_WARD = (
    assurance.StepUpNeeded,
    wallets.WardGrown,
    wallets.NoGuardian,
    wallets.NoSuchWard,
)


class PapersOperation(CitizenOperation):
    """About a citizen's own papers, or those of a child or ward in their care."""

    tag = "papers"


problems.register()
samples.register(
    {
        "agreeing": "Họ và tên",
        "differing": "Ngày sinh",
        "href": "",
        "issuer": "Cục Cảnh sát giao thông",
        "kind": "DRIVER_LICENCE",
        "link": "https://example.org/verify/X7K2M9QTB4WRZC/",
        "office": "Phòng Cảnh sát giao thông Hà Nội",
        "purpose": "Công ty Mẫu, hồ sơ nhận việc",
        "registry": "traffic-police",
        "title": "Giấy phép lái xe",
        "ward": "",
    }
)
