"""网址总表。各页面见 departments/urls.py 与 tasks/urls.py。"""

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import include, path

from departments import backoffice

from . import organisation, views

admin.site.site_header = organisation.current().backoffice
admin.site.site_title = "督办台账后台"
admin.site.index_title = "基础资料维护"
# 后台与前台同一个登录口、同一个改密码页，锁定与改密规则才不会有两套。
admin.site.has_permission = backoffice.may_use_admin
admin.site.login = backoffice.admin_login
admin.site.password_change = lambda request, extra_context=None: redirect("password_change")
admin.site.password_change_done = lambda request, extra_context=None: redirect("password_change_done")

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("text-size/", views.text_size, name="text_size"),
    path("admin/", admin.site.urls),
    path("", include("departments.urls")),
    path("", include("tasks.urls")),
]
