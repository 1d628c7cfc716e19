"""POST /admin/reload: for operators, with a key of its own."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.security import APIKeyHeader

from service.errors import Forbidden, Unauthorised
from service.http.routes.common import Repository, Service, problems
from service.http.schemas import RefusedVersion, ReloadReport, VersionName

router = APIRouter(prefix="/admin", tags=["admin"], responses=problems(401, 403, 405, 500, 503))
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="GATECAST_ADMIN_KEY")


async def admin(service: Service, sent: Annotated[str | None, Depends(_header)]) -> None:
    """Check the admin key. Raises Unauthorised or Forbidden."""
    admin_key = service.settings.admin_key
    if admin_key is None:
        raise Forbidden("the admin routes are shut: this service was started without GATECAST_ADMIN_KEY")
    if sent is None:
        raise Unauthorised("send the admin key as X-API-Key", headers={"WWW-Authenticate": "ApiKey"})
    if not secrets.compare_digest(sent.encode(), admin_key.get_secret_value().encode()):
        raise Forbidden("that is not the admin key")


@router.post("/reload", dependencies=[Depends(admin)])
async def reload(models: Repository) -> ReloadReport:
    """Rescan the models directory: load and prove what is new, retire what is gone, refuse what fails.

    Answers 200 when the rescan was done, whatever it found: `refused` says what stayed out and why.
    """
    report = await models.reload()
    return ReloadReport(
        loaded=[VersionName(**version._asdict()) for version in report.loaded],
        retired=[VersionName(**version._asdict()) for version in report.retired],
        refused=[RefusedVersion(**version._asdict()) for version in report.refused],
        tensorflow_loads=report.tensorflow_loads,
        tensorflow_loads_left=report.tensorflow_loads_left,
    )
