"""Certificates made for one test by the openssl command: an authority of its
own, and leaves that are good, expired, or of another name."""

import os
import subprocess

# Elliptic keys are made at once, where an RSA key takes a second of searching.
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
CONFIG = """
[ca]
default_ca = own
[own]
new_certs_dir = {directory}
database = {directory}/index
serial = {directory}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class Certificates:
    def __init__(self, directory):
        self.directory = os.path.join(directory, "certificates")
        os.mkdir(self.directory, 0o755)
        self.ca = self._path("ca.pem")
        self._write("config", CONFIG.format(directory=self.directory))
        self._write("index", "")
        self._write("serial", "1000")
        self._openssl("req", "-x509", *NEW_KEY, "-days", "30", "-subj", "/CN=Test authority",
                      "-keyout", self._path("ca.key"), "-out", self.ca)

    def issue(self, name, names=("DNS:localhost", "IP:127.0.0.1", "IP:::1"), expired=False):
        """Returns (certificate path, key path) of a leaf for those subject alternative names."""
        key, request, leaf = (self._path(name + end) for end in (".key", ".csr", ".pem"))
        if not os.path.exists(leaf):
            self._openssl("req", "-new", *NEW_KEY, "-subj", "/CN=" + name,
                          "-keyout", key, "-out", request)
            extensions = self._write(name + ".ext", "subjectAltName=" + ",".join(names))
            end = "20200101000000Z" if expired else "20991231235959Z"
            self._openssl("ca", "-batch", "-notext", "-config", self._path("config"), "-cert", self.ca,
                          "-keyfile", self._path("ca.key"), "-startdate", "20190101000000Z", "-enddate", end,
                          "-extfile", extensions, "-in", request, "-out", leaf)
        return leaf, key

    def good(self):
        return self.issue("good")

    def expired(self):
        return self.issue("expired", expired=True)

    def wrong_name(self):
        return self.issue("wrong", ("DNS:elsewhere.example.com",))

    def _path(self, name):
        return os.path.join(self.directory, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="ascii") as file:
            file.write(text)
        return self._path(name)

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"openssl {arguments[0]}: {done.stderr}")
