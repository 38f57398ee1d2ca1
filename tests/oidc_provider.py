"""一个真的认证系统（oidc-provider-mock），在自己的进程里；另加 PKCE 的核对，和照吩咐把令牌做坏。

    python -m tests.oidc_provider 端口

PUT /fault/<怎么坏> 之后发的令牌都这样坏，PUT /fault/none 恢复。
"""

import base64
import hashlib
import json
import os
import re
import sys
import time
from urllib.parse import parse_qs, urlsplit

FAULTS = ("none", "signature", "issuer", "audience", "expired", "nonce", "unsigned", "nameless", "azp", "stranger")


def build():
    """认证系统的 WSGI 应用。"""
    import flask
    from authlib.jose import JsonWebKey, jwt
    from oidc_provider_mock import app
    from oidc_provider_mock._storage import storage

    made, challenges, fault = app(require_nonce=True), {}, ["none"]

    @made.put("/fault/<name>")
    def spoil(name):
        assert name in FAULTS
        fault[0] = name
        return ""

    @made.before_request
    def check_proof():
        """换令牌的须说得出 code_challenge 的原文（RFC 7636）。"""
        if flask.request.path != "/oauth2/token":
            return None
        said = flask.request.form.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(said.encode()).digest()).rstrip(b"=").decode()
        if challenges.pop(flask.request.form.get("code"), None) != digest:
            return flask.jsonify(error="invalid_grant", error_description="PKCE"), 400
        return None

    @made.after_request
    def watch(response):
        if response.mimetype == "text/html":  # 它的页面从外面取样式：测试不联网
            response.set_data(re.sub(rb"<link\b[^>]*>", b"", response.get_data()))
        if flask.request.path == "/oauth2/authorize" and response.status_code in (302, 303):
            assert flask.request.args.get("code_challenge_method") == "S256"
            code = parse_qs(urlsplit(response.headers["Location"]).query).get("code", [""])[0]
            challenges[code] = flask.request.args["code_challenge"]
        if flask.request.path == "/oauth2/token" and response.status_code == 200 and fault[0] != "none":
            said = response.get_json()
            said["id_token"] = spoiled(said["id_token"])
            response.set_data(json.dumps(said))
        if flask.request.path == "/userinfo" and fault[0] == "stranger" and response.status_code == 200:
            response.set_data(json.dumps(response.get_json() | {"sub": "somebody-else"}))
        return response

    def spoiled(token):
        """照吩咐坏一处，其余都对（用认证系统自己的钥匙重新签）。"""
        key, header = storage.jwk, {"alg": "RS256", "kid": storage.jwk.thumbprint()}
        claims = dict(jwt.decode(token, storage.jwk.as_dict(is_private=True)))
        changed = {
            "issuer": {"iss": "http://127.0.0.1:1"},
            "audience": {"aud": "another-system"},
            "azp": {"aud": ["ledger", "another-system"], "azp": "another-system"},
            "expired": {"exp": int(time.time()) - 300, "iat": int(time.time()) - 900},
            "nonce": {"nonce": "of-another-login"},
        }.get(fault[0], {})
        claims |= changed
        if fault[0] in ("nameless", "stranger"):
            claims.pop("preferred_username", None)
        if fault[0] == "unsigned":
            parts = [{"alg": "none", "kid": header["kid"]}, claims]
            words = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
            return ".".join([*words, ""])
        if fault[0] == "signature":
            key = JsonWebKey.generate_key("RSA", 2048, {"kid": header["kid"]}, is_private=True)
        else:
            key = JsonWebKey.import_key(key.as_dict(is_private=True))
        return jwt.encode(header, claims, key).decode()

    return made


if __name__ == "__main__":
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", int(sys.argv[1]), build(), threaded=True)
