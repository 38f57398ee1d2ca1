"""网址总表。各页面见 departments/urls.py 与 tasks/urls.py。"""

from django.contrib import admin
from django.urls import include, path

from . import views

handler400 = "yingshang.views.bad_request"
handler500 = "tasks.views.refusals.broken"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("metrics", views.metrics, name="metrics"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("text-size/", views.text_size, name="text_size"),
    path("admin/", admin.site.urls),
    path("", include("departments.urls")),
    path("", include("tasks.urls")),
]
