# What the fleet takes from a registry, of Debian's packages, for machines that reach none: each as the official image is, as far as the fleet
# is concerned. Built by stand-ins.ts, under the names that compose.yaml and docker/Dockerfile give.

FROM debian:bookworm-slim AS programs
RUN apt-get update -qq \
  && apt-get install -y -qq --no-install-recommends busybox-static haproxy nginx-light redis-server >/dev/null \
  && rm -rf /var/lib/apt/lists/*
LABEL stand-in=local

FROM programs AS nginx
# It writes where the official image does, and logs to its container.
RUN rm -rf /var/lib/nginx && ln -s /var/cache/nginx /var/lib/nginx && mkdir -p /var/cache/nginx \
  && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]

FROM programs AS redis
# In a container there is no other machine to be protected from.
RUN printf '#!/bin/sh\n[ "$1" != redis-server ] || { shift && set -- redis-server --protected-mode no "$@"; }\nexec "$@"\n' >/usr/local/bin/docker-entrypoint.sh \
  && chmod +x /usr/local/bin/docker-entrypoint.sh
EXPOSE 6379
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["redis-server"]

FROM programs AS haproxy
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]

# One program, and no C library, shell or anything else.
FROM scratch AS bare
COPY --from=programs /bin/busybox /bin/busybox
LABEL stand-in=local
