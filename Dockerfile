# syntax=docker/dockerfile:1

# Builds: needs a C compiler for durable-rules.
FROM python:3.12-slim AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
# The flags are for durable-rules, whose setup.py throws away those that Python compiles with.
ENV CC="gcc -O2 -fwrapv -fno-strict-aliasing" \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/build && python -m venv /opt/unghost
WORKDIR /src
# The packages first: they change less often than the source.
COPY requirements-build.txt requirements.txt ./
RUN /opt/build/bin/pip install --require-hashes -r requirements-build.txt \
    && /opt/build/bin/pip wheel --require-hashes --no-build-isolation -r requirements.txt \
        --wheel-dir /wheels \
    && /opt/unghost/bin/pip install --no-index --no-deps /wheels/*.whl
COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/unghost/bin/pip install --no-index --no-deps /dist/*.whl

# Runs: no compiler, no source, no root. The file system may be read-only.
FROM python:3.12-slim
COPY --from=build /opt/unghost /opt/unghost
ENV PATH=/opt/unghost/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORT=8000
# Where the SQLite file is, unless DATABASE_URL names another database: mount a volume here.
RUN install --directory --owner=10001 --group=10001 /data
WORKDIR /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["unghost", "serve", "--host", "0.0.0.0"]
