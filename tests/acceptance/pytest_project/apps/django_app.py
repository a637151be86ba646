"""The bookshop on Django, in one file."""

from __future__ import annotations

import json

import django
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path

from apps.shop import Answer, Shop

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of no worth")
django.setup()
shop = Shop()


def answer(given: Answer) -> JsonResponse:
    status, body = given
    return JsonResponse(body, status=status)


def books(request: HttpRequest) -> JsonResponse:
    try:
        return answer(shop.add(json.loads(request.body)))
    except ValueError:
        return answer((400, {"message": "that is no JSON"}))


def book(request: HttpRequest, number: str) -> JsonResponse:
    return answer(shop.get(number))


urlpatterns = [path("api/books", books), path("api/books/<number>", book)]
