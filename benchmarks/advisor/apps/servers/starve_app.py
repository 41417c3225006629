"""A fast route and a slow one: who waits behind whom shows how a server hands out its connections."""

import time

from flask import Flask

app = Flask(__name__)


@app.get("/fast")
def fast():
    return "fast\n"


@app.get("/slow")
def slow():
    time.sleep(0.3)
    return "slow\n"
