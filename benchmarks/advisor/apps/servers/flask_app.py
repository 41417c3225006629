"""A route that waits 10 ms, and one that computes a few milliseconds."""

import hashlib
import time

from flask import Flask

app = Flask(__name__)


@app.get("/wait")
def wait():
    time.sleep(0.01)
    return "waited\n"


@app.get("/compute")
def compute():
    return hashlib.pbkdf2_hmac("sha256", b"tune", b"flask", 8000).hex()
