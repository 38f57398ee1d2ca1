"""登录、退出、个人。"""

from django.urls import path

from . import views

urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("login/code/", views.LoginCode.as_view(), name="login_code"),
    path("login/single/", views.LoginSingle.as_view(), name="login_single"),
    path("login/single/back/", views.LoginSingleBack.as_view(), name="login_single_back"),
    path("login/kept/", views.login_kept, name="login_kept"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("me/", views.me, name="me"),
    path("me/elsewhere/", views.me_elsewhere, name="me_elsewhere"),
    path("me/second/", views.SecondFactor.as_view(), name="second_factor"),
    path("me/acting/", views.me_acting, name="me_acting"),
    path("me/password/", views.PasswordChange.as_view(), name="password_change"),
    path("me/password/done/", views.password_change_done, name="password_change_done"),
]
