"""Tokens that no server may accept, made from a seed, with the expected reasons."""

import base64
import hashlib
import hmac
import json
import subprocess

from server import DEADLINE

SECRET = b"0123456789abcdef0123456789abcdef"
ISSUER, AUDIENCE = "https://id.example", "chat"

REQUIRED = "Token required"  # by a query that is too long
MALFORMED = "Token malformed"
UNSUPPORTED = "Token with unsupported parameters"
UNKNOWN_KEY = "Token signed with an unknown key"
BAD_SIGNATURE = "Token signature invalid"
CLAIMS_MALFORMED = "Token claims malformed"
NO_SUBJECT = "Token without a sub claim"
NO_EXPIRY = "Token without an exp claim"
EXPIRED = "Token expired"
NOT_YET_VALID = "Token not valid yet"
WRONG_ISSUER = "Token of another issuer"
WRONG_AUDIENCE = "Token for another audience"


def encode(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _openssl(*arguments, given=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=given, check=True,
                          capture_output=True, timeout=DEADLINE).stdout


def _raw_signature(der):
    """r and s of an ECDSA signature, each of 32 bytes."""
    r_size = der[3]
    r, s = der[4:4 + r_size], der[6 + r_size:]
    return b"".join(part[-32:].rjust(32, b"\0") for part in (r, s))


class Keys:
    """A key of each algorithm, made by openssl; `path` is a set of them."""

    MAKE = {
        "RS256": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
        "ES256": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
        "EdDSA": ("ED25519",),
    }

    def __init__(self, folder):
        self.private, self.public_der, self.public_pem = {}, {}, {}
        for algorithm, how in self.MAKE.items():
            key = self.private[algorithm] = folder / f"{algorithm}.pem"
            _openssl("genpkey", "-algorithm", *how, "-out", key)
            for form, out in (("DER", self.public_der), ("PEM", self.public_pem)):
                out[algorithm] = _openssl("pkey", "-in", key, "-pubout",
                                          "-outform", form)
        self.set = self._set()
        self.path = folder / "keys.json"
        self.path.write_text(json.dumps({"keys": self.set}))

    def _set(self):
        modulus = _openssl("rsa", "-in", self.private["RS256"], "-noout", "-modulus")
        # A public key ends with its bytes.
        point, ed25519 = self.public_der["ES256"][-64:], self.public_der["EdDSA"][-32:]
        return [
            {"kid": "HS256", "kty": "oct", "k": encode(SECRET)},
            {"kid": "RS256", "kty": "RSA", "e": "AQAB",
             "n": encode(bytes.fromhex(modulus.decode().strip().partition("=")[2]))},
            {"kid": "ES256", "kty": "EC", "crv": "P-256", "x": encode(point[:32]),
             "y": encode(point[32:])},
            {"kid": "EdDSA", "kty": "OKP", "crv": "Ed25519", "x": encode(ed25519)},
        ]

    def sign(self, algorithm, header, claims):
        """A token of these two texts."""
        signed = f"{encode(header)}.{encode(claims)}"
        if algorithm == "HS256":
            return with_mac(signed)
        key, data = self.private[algorithm], signed.encode()
        if algorithm == "EdDSA":
            # It reads the size of its input from the file.
            text = key.with_suffix(".txt")
            text.write_bytes(data)
            signature = _openssl("pkeyutl", "-sign", "-rawin", "-inkey", key,
                                 "-in", text)
        else:
            signature = _openssl("dgst", "-sha256", "-sign", key, given=data)
        if algorithm == "ES256":
            signature = _raw_signature(signature)
        return f"{signed}.{encode(signature)}"


def with_mac(signed, secret=SECRET):
    return f"{signed}.{encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


class HostileTokens:
    """`next()` is a token, and the reasons one of which refuses it."""

    def __init__(self, keys, random, now):
        self.keys, self.random, self.now = keys, random, now
        self.good = {
            algorithm: keys.sign(algorithm, self.header(algorithm), self.claims())
            for algorithm in ("HS256", *keys.private)}
        self.kinds = [getattr(self, name) for name in sorted(dir(self))
                      if name.startswith("make_")]
        self.made = 0

    def next(self):
        """Returns the next token, of each kind in turn."""
        make = self.kinds[self.made % len(self.kinds)]
        self.made += 1
        return make()

    def header(self, algorithm="HS256", **more):
        return json.dumps({"alg": algorithm, "kid": algorithm, **more})

    def claims(self, **changes):
        """A change to None leaves the claim out."""
        claims = {"sub": "mallory", "iss": ISSUER, "aud": AUDIENCE,
                  "exp": self.now + 3600, "jti": str(self.random.random()), **changes}
        return json.dumps({name: value for name, value in claims.items()
                           if value is not None})

    def signed(self, claims, header=None):
        return with_mac(f"{encode(header or self.header())}.{encode(claims)}")

    def make_without_algorithm(self):
        alg = self.random.choice(["none", "None", "NONE", "nOnE", "", None, 0, ["HS256"],
                                  "hs256", "HS256 ", "HS384", "HS512", "RS1", "ES256K"])
        header = json.dumps({"alg": alg, "kid": "HS256"}) if alg is not None else "{}"
        unsigned = f"{encode(header)}.{encode(self.claims())}"
        return self.random.choice([unsigned + ".", with_mac(unsigned)]), {UNSUPPORTED}

    def make_with_a_public_key_as_secret(self):
        """HS256, with the public key as the secret."""
        algorithm = self.random.choice(list(self.keys.private))
        known = self.random.choice([
            self.keys.public_pem[algorithm], self.keys.public_pem[algorithm].strip(),
            self.keys.public_der[algorithm],
            json.dumps(next(key for key in self.keys.set
                            if key["kid"] == algorithm)).encode()])
        kid = self.random.choice([{"kid": algorithm}, {"kid": "HS256"}, {}])
        header = json.dumps({"alg": "HS256", **kid})
        return (with_mac(f"{encode(header)}.{encode(self.claims())}", known),
                {UNKNOWN_KEY} if kid.get("kid") == algorithm else {BAD_SIGNATURE})

    def make_of_another_algorithm(self):
        """A good signature, under the name of another algorithm."""
        real, claimed = self.random.sample(list(self.good), 2)
        _, payload, signature = self.good[real].split(".")
        kid = self.random.choice([{"kid": real}, {"kid": claimed}, {}])
        header = encode(json.dumps({"alg": claimed, **kid}))
        return (f"{header}.{payload}.{signature}",
                {UNKNOWN_KEY} if kid.get("kid") == real else {BAD_SIGNATURE})

    def make_of_bad_base64(self):
        token = self.random.choice(list(self.good.values()))
        bad = self.random.choice("=+/!*~$%&'()|")
        at = self.random.randrange(len(token))
        if token[at] == ".":
            at -= 1
        return (self.random.choice([
            token[:at] + bad + token[at + 1:], token[:at] + bad + token[at:],
            token + "=", token + "==", token.replace(".", "..", 1),
            token.replace(".", ""), "." + token, token + ".", "..", ".",
        ]), {MALFORMED, BAD_SIGNATURE})

    def make_damaged(self):
        """A good token with other characters, or without its end."""
        token = self.random.choice(list(self.good.values()))
        text = list(token)
        for _ in range(self.random.randint(1, 8)):
            text[self.random.randrange(len(text))] = self.random.choice("ABCabc019-_.")
        end = self.random.choice([len(text), self.random.randrange(1, len(text))])
        damaged = "".join(text[:end])
        if damaged == token:
            damaged = token[:-1]
        return damaged, {MALFORMED, UNSUPPORTED, UNKNOWN_KEY, BAD_SIGNATURE}

    def make_with_a_huge_header(self):
        padding = "x" * self.random.randint(6200, 9000)
        header = self.header(**{self.random.choice(["typ", "x5c", padding]): padding})
        return self.signed(self.claims(), header), {MALFORMED, REQUIRED}

    def make_with_another_key_id(self):
        kid = self.random.choice([
            "unknown", "hs256", "HS256 ", "HS256\0", "../../etc/passwd", "' or 1=1 --",
            "x" * 129, "", "\u202eHS256", 7, None, {}, ["HS256"], *self.keys.private])
        return self.signed(self.claims(), self.header(kid=kid)), {UNKNOWN_KEY}

    def make_with_its_own_key(self):
        """Keys in the header are ignored."""
        secret = self.random.randbytes(32)
        brought = self.random.choice([
            {"jwk": {"kty": "oct", "k": encode(secret)}},
            {"jku": "http://127.0.0.1:1/keys"}, {"x5u": "file:///etc/passwd"}])
        signed = f"{encode(self.header(**brought))}.{encode(self.claims())}"
        return with_mac(signed, secret), {BAD_SIGNATURE}

    def make_with_extensions(self):
        header = self.header(crit=self.random.choice([["exp"], ["b64"], [], "b64", 1]),
                             b64=False)
        return self.signed(self.claims(), header), {UNSUPPORTED}

    def make_expired(self):
        ago = self.random.choice([60, 3600, self.now - 1, 10 ** 6])
        return self.signed(self.claims(exp=self.now - ago)), {EXPIRED}

    def make_not_yet_valid(self):
        later = self.now + self.random.randint(3600, 10 ** 9)
        claim = self.random.choice(["nbf", "iat"])
        return self.signed(self.claims(**{claim: later})), {NOT_YET_VALID}

    def make_for_another_audience(self):
        aud = self.random.choice(["mail", "Chat", "chat ", "", [], ["mail", "cha"], None,
                                  {"chat": True}, [["chat"]], 1])
        return self.signed(self.claims(aud=aud)), {WRONG_AUDIENCE}

    def make_of_another_issuer(self):
        iss = self.random.choice(["https://evil.example", ISSUER + "/", None, [ISSUER]])
        return self.signed(self.claims(iss=iss)), {WRONG_ISSUER}

    def make_with_duplicates(self):
        """Makes a token with duplicate names, also ones that are equal only when
        unescaped."""
        name = self.random.choice(["sub", "exp", "aud", "s\\u0075b", "\\u0065xp"])
        claims = self.claims()[:-1] + f', "{name}": {self.random.randint(0, 9)}}}'
        if self.random.random() < 0.7:
            return self.signed(claims), {CLAIMS_MALFORMED}
        header = self.header()[:-1] + ', "\\u0061lg": "none"}'
        return self.signed(self.claims(), header), {MALFORMED}

    def make_with_deep_json(self):
        depth = self.random.randint(20, 2500)
        opening, closing = self.random.choice([("[", "]"), ('{"a":', "}")])
        deep = (opening * depth)[:2400] + self.random.choice(["1" + closing * depth, ""])
        if self.random.random() < 0.5:
            return self.signed(self.claims()[:-1] + f', "x": {deep[:4800]}}}'), {
                CLAIMS_MALFORMED}
        return self.signed(self.claims(), self.header()[:-1] + f', "x": {deep[:4800]}}}'), {
            MALFORMED}

    def make_with_odd_claims(self):
        name, value, why = self.random.choice([
            ("sub", None, NO_SUBJECT), ("sub", "", NO_SUBJECT),
            ("sub", 1, CLAIMS_MALFORMED), ("sub", ["mallory"], CLAIMS_MALFORMED),
            ("exp", None, NO_EXPIRY), ("exp", "9999999999", CLAIMS_MALFORMED),
            ("exp", -1, CLAIMS_MALFORMED), ("exp", 1e300, CLAIMS_MALFORMED),
            ("exp", True, CLAIMS_MALFORMED), ("exp", 10 ** 30, CLAIMS_MALFORMED),
            ("nbf", "now", CLAIMS_MALFORMED), ("jti", 1, CLAIMS_MALFORMED),
            ("name", {}, CLAIMS_MALFORMED), ("parley", "admin", CLAIMS_MALFORMED)])
        return self.signed(self.claims(**{name: value})), {why}

    def make_of_no_json(self):
        claims = self.random.choice([
            "", "null", "1", "[]", '"sub"', "{", self.claims() + "x", self.claims()[1:],
            self.claims().replace('"', "'"), "\ufeff" + self.claims(), "{\0}"])
        return self.signed(claims), {CLAIMS_MALFORMED}
