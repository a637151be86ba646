"""The bookshop on FastAPI."""

from __future__ import annotations

import json

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from apps.shop import Answer, Shop

app = FastAPI()
shop = Shop()


def answer(given: Answer) -> JSONResponse:
    status, body = given
    return JSONResponse(body, status)


@app.post("/api/books")
async def add_book(request: Request) -> JSONResponse:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return answer((400, {"message": "a book comes as JSON"}))
    try:
        wish = json.loads(await request.body())
    except ValueError:
        return answer((400, {"message": "that is no JSON"}))
    return answer(shop.add(wish))


@app.get("/api/books/{number}")
async def get_book(number: str) -> JSONResponse:
    return answer(shop.get(number))
