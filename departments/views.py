"""登录、退出、改密、个人页。"""

from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import get_script_prefix, resolve, reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import FormView
from mozilla_django_oidc import views as oidc_views

from yingshang import clock
from yingshang.clock import real_now

from . import acting, kept, once, second_factor, sessions, single_sign_on, trail
from .forms import BindForm, CodeForm, LoginForm, NewPasswordForm, said_locked
from .middleware import must_change
from .models import Acting, User
from .requests import SignedIn


class Login(auth_views.LoginView):
    """登录。带着过期时所交的表单登录的，成功后转去取回的那一页。"""

    form_class = LoginForm
    template_name = "registration/login.html"
    redirect_authenticated_user = False

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        return known(self.request, form.get_user(), self.get_success_url(), self.request.POST.get("kept", ""))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | {"kept": self.request.POST.get("kept", "")}
        context["single_sign_on"] = single_sign_on.label()
        if settings.DEBUG:
            users = User.objects.filter(is_demo=True, is_active=True).select_related("department", "leader")
            context["demo_accounts"] = [(u.username, u.name) for u in users]
            context["demo_password"] = settings.DEMO_PASSWORD
        return context


def known(request: HttpRequest, user: User, where: str, packed: str) -> HttpResponse:
    """密码、统一认证核对了是谁：要动态验证码的还差一步，不要的登录。"""
    if second_factor.is_wanted(user) and second_factor.is_on(user):
        second_factor.ask(request, user, where, packed)
        return redirect("login_code")
    return entered(request, user, where, packed)


def entered(request: HttpRequest, user: User, where: str, packed: str, backend: str | None = None) -> HttpResponse:
    """核对完了，登录：记下这一次，去要去的页；带着没有交的话的，去取回的那一页。"""
    before = trail.standing(user)
    login(request, user, backend)
    single_sign_on.settle(request)
    trail.trace("login", request, what="统一认证" if single_sign_on.is_by(request) else "")
    request.session[trail.LAST_LOGIN] = before
    sessions.opened(cast(SignedIn, request))
    once.sweep()
    if kept.of(packed, user):
        request.session["kept"] = packed
        return redirect("login_kept")
    return HttpResponseRedirect(where)  # 不用 redirect：“where”是访客给的路径，不是网址名


class OnlyIfOn:
    """统一认证没有开的，这些网址没有。"""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not single_sign_on.is_on():
            raise Http404
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # 与视图合用


@method_decorator(login_not_required, name="dispatch")
class LoginSingle(OnlyIfOn, auth_views.RedirectURLMixin, oidc_views.OIDCAuthenticationRequestView):
    """统一认证的第一步：记下要去哪里、没有交的话，转去认证系统。"""

    http_method_names = ["post", "options"]
    next_page = "home"

    def post(self, request: HttpRequest) -> HttpResponse:
        packed = request.POST.get("kept", "")
        if not single_sign_on.begin(request, self.get_success_url(), packed if kept.unpack(packed) else ""):
            return refused_single(request, said_locked())
        return self.get(request)


@method_decorator(login_not_required, name="dispatch")
class LoginSingleBack(OnlyIfOn, oidc_views.OIDCAuthenticationCallbackView):
    """从认证系统回来：核对，与用密码的走同样的几道门。"""

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("error"):  # 那个库在这里把登录着的人退出来：随便一个链接就退得了，不用它的
            single_sign_on.drop(request)
            return refused_single(request, single_sign_on.NOT_GIVEN)
        try:
            return super().get(request)
        except SuspiciousOperation:
            return self.login_failure()
        except single_sign_on.SignOnRefused as refused:
            single_sign_on.record(request, refused)
            return refused_single(request, refused.said)

    def login_success(self) -> HttpResponse:
        begun = self.request.session.get(single_sign_on.KEPT) or {}
        single_sign_on.finish(self.request)
        return known(self.request, self.user, begun.get("where", reverse("home")), begun.get("kept", ""))

    def login_failure(self) -> HttpResponse:
        return refused_single(self.request, single_sign_on.STALE)


def refused_single(request: HttpRequest, said: str) -> HttpResponse:
    """统一认证没有登录成：回到登录页，说明，没有交的话还带着。"""
    begun = request.session.get(single_sign_on.KEPT) or {}
    context = {"form": LoginForm(request), "next": begun.get("where", ""), "kept": begun.get("kept", "")}
    context |= {"refused": said, "single_sign_on": single_sign_on.label()}
    return render(request, "registration/login.html", context)


@method_decorator(login_not_required, name="dispatch")
class LoginCode(FormView):
    """登录的第二步：密码对了，核对动态验证码。等了五分钟以上的从头来。"""

    form_class = CodeForm
    template_name = "registration/code.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = second_factor.pending(request)
        if found is None:
            return redirect("login")
        self.who, self.begun = found
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request, "user": self.who}

    def form_valid(self, form: CodeForm) -> HttpResponse:
        del self.request.session[second_factor.PENDING]
        begun = self.begun
        response = entered(self.request, self.who, begun["where"], begun["kept"], begun["backend"])
        self.request.session[second_factor.PASSED] = True
        if form.kind == "recovery":
            trail.trace("code_spare", self.request)
            messages.warning(self.request, f"用了一个备用码，还剩 {second_factor.left(self.who)} 个。")
        return response


class SecondFactor(FormView):
    """动态验证码：绑手机，另发备用码，换手机。"""

    template_name = "departments/second_factor.html"
    request: SignedIn

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not second_factor.is_wanted(cast(SignedIn, request).user):
            return redirect("me")
        self.is_on = second_factor.is_on(cast(SignedIn, request).user)
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[CodeForm]:
        return CodeForm if self.is_on else BindForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request, "user": self.request.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | {"is_on": self.is_on}
        if self.is_on:
            return context | {"left": second_factor.left(self.request.user)}
        device = context["form"].device
        return context | {"picture": second_factor.picture(device), "secret": second_factor.secret(device)}

    def form_valid(self, form: CodeForm) -> HttpResponse:
        user, codes = self.request.user, []
        if isinstance(form, BindForm):
            action, codes = "code_bound", form.codes
            self.request.session[second_factor.PASSED] = True
        elif self.request.POST.get("do") == "again":
            action = "code_reset"
            second_factor.begin_again(self.request)
        else:
            action, codes = "code_renewed", second_factor.renew(user)
        trail.trace(action, self.request, target=user)
        if not codes:
            return redirect("second_factor")
        return render(
            self.request, "departments/recovery_codes.html", {"codes": codes, "kept": "kept" in self.request.session}
        )


@require_safe
def login_kept(request: SignedIn) -> HttpResponse:
    """登录过期时交上来的：写的话都在这一页上，点一下照原样再交。只给写的人看。"""
    found = kept.of(request.session.get("kept", ""), request.user)
    if found is None:
        return redirect("home")
    match = resolve("/" + urlsplit(found["path"]).path.removeprefix(get_script_prefix()))
    # 视图可以自己说是哪一件、怎么再交（describe_kept）；看不到那一件的，什么也不给看。
    describe = getattr(match.func, "describe_kept", None)
    said = describe(request, found["fields"], **match.kwargs) if describe else {}
    return render(request, "registration/kept.html", found | {"hidden": kept.inputs(found)} | said)


class Logout(auth_views.LogoutView):
    """退出。浏览器为 304 留着的各页，也叫它一并清掉（ASVS 14.3.1）；用统一认证登录的，认证系统里也退出（写了那个网址的）。"""

    http_method_names = ["post", "options"]
    elsewhere = ""

    def get_success_url(self) -> str:
        return self.elsewhere or super().get_success_url()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.elsewhere = single_sign_on.sign_out_url(request)
        if request.user.is_authenticated:
            trail.trace("logout", request, what="转去统一认证退出" if self.elsewhere else "")
        response = super().post(request, *args, **kwargs)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


class PasswordChange(auth_views.PasswordChangeView):
    """改密码。首次登录或到期时由中间件带到这里。"""

    form_class = NewPasswordForm
    template_name = "registration/password_change_form.html"
    success_url = reverse_lazy("password_change_done")
    request: SignedIn

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        said = {"forced": must_change(self.request), "reset": trail.last_reset(self.request.session)}
        return super().get_context_data(**kwargs) | said

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def get_success_url(self) -> str:
        """登录时须先改密码的，改完接着去取回登录前写的。"""
        return reverse("login_kept") if "kept" in self.request.session else super().get_success_url()

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        user = form.user
        user.must_change_password = False
        user.password_changed_at = real_now()
        response = super().form_valid(form)
        trail.trace("password_changed", self.request, target=user)
        sessions.opened(self.request)
        sessions.end_others(self.request)  # 已经失效，一并清掉
        return response


@require_safe
def password_change_done(request: SignedIn) -> HttpResponse:
    """密码已改。"""
    return render(request, "registration/password_change_done.html")


@require_safe
def me(request: SignedIn) -> HttpResponse:
    """个人：账户、上次登录、登录着的各处、改密码。"""
    shown = {
        "last_login": trail.last_login(request.session),
        "places": sessions.places(request),
        "has_second_factor": second_factor.is_wanted(request.user),
    }
    return render(request, "departments/me.html", shown)


@require_POST
def me_acting(request: SignedIn) -> HttpResponse:
    """换替哪个部室办（`department` 是部室代号；空着换回本部室）。没有这一条兼任、代理的 403。"""
    slug, room = request.POST.get("department", ""), str(request.user.department or "本部室")
    request.session.pop(acting.SESSION, None)
    if slug:
        found = Acting.objects.of(request.user, clock.today()).filter(department__slug=slug).first()
        if found is None:
            raise PermissionDenied("您现在不能替这个部室办：没有这一条兼任、代理，或已到期、已撤回。")
        request.session[acting.SESSION], room = found.pk, str(found.department)
    rotate_token(request)  # 别的窗口里还开着的表单，是替换以前的部室填的：不能交到这个部室名下
    trail.trace("acting_switched", request, what=room)
    messages.success(request, f"现在替{room}办，所办的都标“代”。" if slug else f"已换回{room}。")
    return redirect("home")


@require_POST
def me_elsewhere(request: SignedIn) -> HttpResponse:
    """退出别处：忘在别的电脑、别的手机上的登录，一并作废。"""
    if ended := sessions.end_others(request):
        trail.trace("logout", request, what=f"退出别处 {ended} 处")
    messages.success(request, f"已退出别处 {ended} 处。" if ended else "没有别处登录着。")
    return redirect("me")
