"""佐证材料的下载与移除。"""

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from departments.requests import SignedIn
from yingshang import clock

from .. import workflow
from ..models import Attachment
from .progress import carry_on, own_progress


@require_safe
def attachment_download(request: SignedIn, pk: int) -> FileResponse:
    """下载佐证材料。一律作附件给出，浏览器不得猜类型。"""
    found = get_object_or_404(Attachment.objects.visible_to(request.user).filter(removed_at=None), pk=pk)
    try:
        content = found.file.open()
    except FileNotFoundError as error:
        raise Http404("材料的文件不在了（备份恢复时没有带上），请联系管理员。") from error
    response = FileResponse(content, as_attachment=True, filename=found.name)
    response.headers["Content-Type"] = found.content_type
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_POST
def attachment_remove(request: SignedIn, pk: int) -> HttpResponse:
    """移除一份材料（只在报送可改时）。"""
    found = get_object_or_404(Attachment.objects.visible_to(request.user).filter(removed_at=None), pk=pk)
    found.progress = own_progress(request, found.progress_id or 0)  # 别处的材料（办结、整改）不在这里移除：404
    workflow.remove_attachment(found, by=request.user, at=clock.now())
    return carry_on(request, found.progress.pk, f"已移除“{found.name}”。")
