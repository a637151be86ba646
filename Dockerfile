# An image for CI jobs: clausewise and git, which `gate --diff` and `--changed-since` ask for older contracts.
#
#   docker build -t clausewise .
#   docker run --rm --network host -v "$PWD:/work" clausewise test openapi.yaml --url http://localhost:8000

FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY toolkit ./toolkit
RUN python -m pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /wheels /wheels
RUN python -m pip install --no-cache-dir --no-index --find-links /wheels clausewise \
    && rm -rf /wheels \
    && useradd --create-home --uid 1000 clausewise
USER clausewise
WORKDIR /work
ENTRYPOINT ["clausewise"]
CMD ["--help"]
