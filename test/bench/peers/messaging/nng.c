/* NNG in C: PUSH to PULL over tcp, messages handed over without a copy, as its own performance tools do. */

#include "end.h"
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

static nng_socket pull, push;
static nng_msg *received;

static void check(int error, const char *what) {
  if (error) fail(what, nng_strerror(error));
}

static void listen_at(const char *address) {
  check(nng_pull0_open(&pull), "nng_pull0_open");
  check(nng_socket_set_size(pull, NNG_OPT_RECVMAXSZ, 0), "NNG_OPT_RECVMAXSZ");
  check(nng_listen(pull, address, NULL, 0), address);
}

static void dial_to(const char *address) {
  check(nng_push0_open(&push), "nng_push0_open");
  check(nng_socket_set_int(push, NNG_OPT_SENDBUF, 1024), "NNG_OPT_SENDBUF");
  check(nng_dial(push, address, NULL, 0), address);
}

static void send_message(const void *body, size_t bytes) {
  nng_msg *message;
  check(nng_msg_alloc(&message, bytes), "nng_msg_alloc");
  memcpy(nng_msg_body(message), body, bytes);
  check(nng_sendmsg(push, message, 0), "nng_sendmsg");
}

static const void *receive_message(void) {
  check(nng_recvmsg(pull, &received, 0), "nng_recvmsg");
  return nng_msg_body(received);
}

static void release_message(void) { nng_msg_free(received); }
