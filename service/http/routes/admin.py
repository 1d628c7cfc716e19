"""POST /admin/reload: for operators. The middleware has checked their key."""

from fastapi import APIRouter

from ..schemas_operations import RefusedVersion, ReloadReport, VersionName
from .common import Service

router = APIRouter(prefix="/admin", tags=["admin"])


@router.post("/reload")
async def reload(service: Service) -> ReloadReport:
    """Rescan the models directory: load and prove what is new, retire what is gone, refuse what fails. Read the keys again.

    Answers 200 when the rescan was done, whatever it found: `refused` says what stayed out and why.
    """
    report = await service.reload()
    return ReloadReport(
        loaded=[VersionName(**version._asdict()) for version in report.loaded],
        retired=[VersionName(**version._asdict()) for version in report.retired],
        refused=[RefusedVersion(**version._asdict()) for version in report.refused],
        tensorflow_loads=report.tensorflow_loads,
        tensorflow_loads_left=report.tensorflow_loads_left,
    )
