# The standalone program for Linux, with the libraries that it needs, without a shell, as a user without rights.
#
#   npm run package -- linux-x64
#   docker build --file Dockerfile --tag edge-upload dist.standalone
#
# For arm64: --platform linux/arm64 --build-arg ARCH=arm64. The first stage is pinned by the date of its tag; a library is all
# that the image has of it. The base has no tag of a version, and this repository publishes no image: whoever publishes one
# adds the digest of that day, of "docker buildx imagetools inspect gcr.io/distroless/cc-debian13:nonroot".

FROM debian:trixie-20260803-slim AS libraries
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libatomic1 \
  && cp --dereference /usr/lib/*-linux-gnu/libatomic.so.1 /

FROM gcr.io/distroless/cc-debian13:nonroot
ARG ARCH=x64
COPY --from=libraries /libatomic.so.1 /usr/lib/
COPY edge-upload-*-linux-${ARCH}/edge-upload /edge-upload
USER 65532:65532
ENTRYPOINT ["/edge-upload"]
