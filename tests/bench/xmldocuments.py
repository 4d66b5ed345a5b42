# SPDX-License-Identifier: LGPL-2.1-or-later
"""XML documents, a small one and one of 100 MB: `sygnet sign` and `sygnet verify` as whole processes against xmlsec1. Both sign within the document, with
P-256. Our key is in the service, or, as the other's, in a PKCS#12 file of OpenSSL's strength; only ours waits until the signed file is on the disk."""
import os
import statistics

from documents import PASSWORD, measured, run

LARGE = 100_000_000
PAIRS = 20
SILENT = (1, 2)  # xmlsec1 says on stderr that all is well
INVOICE = ('<Invoice><Number>FV/%d</Number><Date>2026-01-31</Date><Line no="1"><Name>Usługa doradcza i inne</Name><Net currency="PLN">123.45</Net>'
           "<Rate>23</Rate></Line></Invoice>\n")
SIGNATURE = """<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/><ds:Reference URI=""><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>
<ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo></ds:Signature>"""


class XmlDocuments:
    def __init__(self, bench, rounds):
        self.b, self.rounds = bench, rounds
        self.folder = bench.folder / "xml"
        self.folder.mkdir()
        self.key, self.pem = self.folder / "peer.key", self.folder / "peer.pem"
        run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out", self.folder / "peer.csr",
             "-subj", "/C=PL/O=Bench/CN=Peer"])
        bench._certify(self.folder / "peer.csr", self.pem)
        self.signed = {}
        # Not what the one who runs this knows of keys and settings.
        self.environment = dict(bench.m.environment(), XDG_DATA_HOME=str(self.folder), XDG_CONFIG_HOME=str(self.folder))

    def _document(self, size):
        """Paths of a document without a signature, and with an empty one for xmlsec1 to fill; then signed by it."""
        if size not in self.signed:
            plain, template, signed = (self.folder / f"{size}-{n}.xml" for n in ("plain", "template", "signed"))
            for path, end in ((plain, ""), (template, SIGNATURE)):
                with open(path, "w", encoding="utf-8") as f:
                    f.write('<?xml version="1.0" encoding="UTF-8"?>\n<Invoices xmlns="urn:example:invoices">\n')
                    for n in range(size // len((INVOICE % 1).encode())):
                        f.write(INVOICE % n)
                    f.write(f"{end}</Invoices>\n")
            measured(self._xmlsec_signs(template, signed), os.environ, SILENT)
            self.signed[size] = plain, template, signed
        return self.signed[size]

    def _xmlsec_signs(self, template, out):
        return ["/usr/bin/xmlsec1", "--sign", "--privkey-pem", f"{self.key},{self.pem}", "--output", out, template]

    def _pkcs12(self):
        """The key in a file, and the file with its password."""
        store, password = self.folder / "peer.p12", self.folder / "password"
        if not store.exists():
            password.write_text(PASSWORD)
            run(["openssl", "pkcs12", "-export", "-inkey", self.key, "-in", self.pem, "-passout", f"file:{password}", "-out", store])
            store.chmod(0o600)
        return store, password

    def _commands(self, what, size):
        """Ours, and xmlsec1's."""
        plain, template, signed = self._document(size)
        sygnet = self.b.build / "client/sygnet"
        if what == "sign-file":
            store, password = self._pkcs12()
            return ([sygnet, "sign", "--credential", store, "--password-file", password, "--format", "xades", "--force", "--output", self.folder / "ours.xml", plain],
                    ["/usr/bin/xmlsec1", "--sign", "--pkcs12", store, "--pwd", PASSWORD, "--output", self.folder / "theirs.xml", template])
        if what == "sign":
            return ([sygnet, "sign", "--credential", self.b.seal("p256"), "--format", "xades", "--force", "--output", self.folder / "ours.xml", plain],
                    self._xmlsec_signs(template, self.folder / "theirs.xml"))
        return ([sygnet, "verify", "--offline", "--anchors", f"{self.b.outside}.pem", signed],
                ["/usr/bin/xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", f"{self.b.outside}.pem", signed])

    def small_row(self, what):
        """How many times as fast."""
        commands, rounds = self._commands(what, 10_000), []
        for _ in range(self.rounds):
            pairs = [[measured(c, self.environment, SILENT)[0] for c in commands] for _ in range(PAIRS)]
            rounds.append([statistics.median(p[i] for p in pairs) for i in (0, 1)])
        ours, theirs = (statistics.median(r[i] for r in rounds) for i in (0, 1))
        return statistics.median(r[1] / r[0] for r in rounds), f"{ours * 1000:.1f} ms against {theirs * 1000:.1f} ms"

    def large_row(self, what):
        """Of time and memory what is more, as a part of xmlsec1's."""
        commands = self._commands(what, LARGE)
        pairs = [[measured(c, self.b.m.environment(), SILENT) for c in commands] for _ in range(self.rounds)]
        seconds, memory = (statistics.median(p[0][i] / p[1][i] for p in pairs) for i in (0, 1))
        middle = [[statistics.median(p[k][i] for p in pairs) for i in (0, 1)] for k in (0, 1)]
        return max(seconds, memory), f"{middle[0][0]:.2f} s and {middle[0][1]:.0f} MiB against {middle[1][0]:.2f} s and {middle[1][1]:.0f} MiB"
