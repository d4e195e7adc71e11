/* NNG in C over tcp: PUSH to PULL, PUB to SUB, REQ to REP, messages handed over without a copy, as its own performance tools do. Requests at once are
   contexts of one socket at either end, and the replier's are asynchronous, as its documentation has it. */

#include "end.h"
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#define QUEUED 1024

static int (*const openers[])(nng_socket *) = {
    [RECEIVER] = nng_pull0_open, [PUBLISHER] = nng_pub0_open,  [REPLIER] = nng_rep0_open,
    [SENDER] = nng_push0_open,   [SUBSCRIBER] = nng_sub0_open, [REQUESTER] = nng_req0_open};

/* What goes by a number. Requesters of one address share a socket; each has a context, and what it waits with. */
static struct {
  enum role role;
  nng_socket socket;
  nng_ctx context;
  nng_aio *aio;
} sockets[4 * MAX_SOCKETS];
static int socket_count;
static char requested[256];

static void check(int error, const char *what) {
  if (error) fail(what, nng_strerror(error));
}

static int open_socket(enum role role, const char *address) {
  int number = socket_count++;
  nng_socket *socket = &sockets[number].socket;
  sockets[number].role = role;
  if (role == REQUESTER && strcmp(address, requested) == 0) {
    *socket = sockets[number - 1].socket;
  } else {
    check(openers[role](socket), "open");
    check(nng_socket_set_size(*socket, NNG_OPT_RECVMAXSZ, 0), "NNG_OPT_RECVMAXSZ");
    if (role == SENDER || role == PUBLISHER) check(nng_socket_set_int(*socket, NNG_OPT_SENDBUF, QUEUED), "NNG_OPT_SENDBUF");
    if (role == SUBSCRIBER) {
      check(nng_socket_set_int(*socket, NNG_OPT_RECVBUF, QUEUED), "NNG_OPT_RECVBUF");
      check(nng_socket_set(*socket, NNG_OPT_SUB_SUBSCRIBE, "", 0), "NNG_OPT_SUB_SUBSCRIBE");
    }
    check(LISTENS(role) ? nng_listen(*socket, address, NULL, 0) : nng_dial(*socket, address, NULL, 0), address);
  }
  if (role == REQUESTER) {
    snprintf(requested, sizeof requested, "%s", address);
    check(nng_ctx_open(&sockets[number].context, *socket), "nng_ctx_open");
    check(nng_aio_alloc(&sockets[number].aio, NULL, NULL), "nng_aio_alloc");
  }
  return number;
}

/* Leaving it to the system to put several into a packet gains nothing here. */
static void send_message(int socket, const void *body, size_t bytes, int is_paced) {
  (void)is_paced;
  nng_msg *message;
  check(nng_msg_alloc(&message, bytes), "nng_msg_alloc");
  memcpy(nng_msg_body(message), body, bytes);
  if (sockets[socket].role != REQUESTER) {
    check(nng_sendmsg(sockets[socket].socket, message, 0), "nng_sendmsg");
    return;
  }
  nng_aio *aio = sockets[socket].aio;
  nng_aio_set_msg(aio, message);
  nng_ctx_send(sockets[socket].context, aio);
  nng_aio_wait(aio);
  check(nng_aio_result(aio), "nng_ctx_send");
}

static void *receive_message(int socket) {
  nng_msg *message;
  if (sockets[socket].role != REQUESTER) {
    check(nng_recvmsg(sockets[socket].socket, &message, 0), "nng_recvmsg");
    return message;
  }
  nng_aio *aio = sockets[socket].aio;
  nng_ctx_recv(sockets[socket].context, aio);
  nng_aio_wait(aio);
  check(nng_aio_result(aio), "nng_ctx_recv");
  return nng_aio_get_msg(aio);
}

static const void *body_of(void *message) { return nng_msg_body(message); }

static void release_message(void *message) { nng_msg_free(message); }

struct answering {
  nng_ctx context;
  nng_aio *aio;
  int is_sending;
};

/* Called when what was under way is done: a request has come, or its reply has gone. */
static void go_on(void *argument) {
  struct answering *answering = argument;
  check(nng_aio_result(answering->aio), "reply");
  answering->is_sending = !answering->is_sending;
  /* The message that came is still the aio's, and goes back as it is. */
  if (answering->is_sending) nng_ctx_send(answering->context, answering->aio);
  else nng_ctx_recv(answering->context, answering->aio);
}

static void echo(int socket) {
  struct answering *answering = calloc(MAX_SOCKETS, sizeof *answering);
  if (!answering) fail("echo", "no memory");
  for (int i = 0; i < MAX_SOCKETS; i += 1) {
    check(nng_ctx_open(&answering[i].context, sockets[socket].socket), "nng_ctx_open");
    check(nng_aio_alloc(&answering[i].aio, go_on, &answering[i]), "nng_aio_alloc");
    nng_ctx_recv(answering[i].context, answering[i].aio);
  }
}
