# The portal's image: web, worker, beat, relay and sandbox are this one with different commands.
FROM python:3.11-slim AS packages
COPY requirements/portal.lock /portal.lock
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    --require-hashes --only-binary=:all: --no-deps --requirement /portal.lock

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin portal \
 && install -d -o portal -g portal /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/portal
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    EID_STATIC=/srv/static \
    EID_VAR=/data
# No store is met here: the address only has to be one.
RUN python -m eid_portal.run.texts \
 && DATABASE_URL=postgresql://nobody@/none DJANGO_SETTINGS_MODULE=eid_portal.settings.production \
    python manage.py collectstatic --noinput --verbosity=0
USER portal
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "eid_portal.wsgi:application"]
