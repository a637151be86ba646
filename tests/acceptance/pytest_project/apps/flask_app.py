"""The bookshop on Flask."""

from __future__ import annotations

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from apps.shop import Answer, Shop

app = Flask(__name__)
shop = Shop()


def answer(given: Answer) -> ResponseReturnValue:
    status, body = given
    return jsonify(body), status


@app.post("/api/books")
def add_book() -> ResponseReturnValue:
    return answer(shop.add(request.get_json(silent=True)))


@app.get("/api/books/<number>")
def get_book(number: str) -> ResponseReturnValue:
    return answer(shop.get(number))
