/* What the clients of the Autobahn test suite have in common: which cases there are, and where. */
#ifndef AUTOBAHN_CLIENT_H
#define AUTOBAHN_CLIENT_H

#include <curl/curl.h>

/* Bytes that grow. */
struct text {
  char *bytes;
  size_t length;
  size_t room;
};

void text_append(struct text *text, const void *bytes, size_t length);

/* Whether the handles are in strict mode: unless AUTOBAHN_DEFAULT is set in the environment. */
int is_strict(void);

/* A handle for a path of the server, with compression and a time limit. */
CURL *case_handle(const char *path);

/*
 * Runs one case: performs the transfer on `curl`, echoes every TEXT and BINARY message, and returns when the server has
 * closed. The last message is left in `last` when it is not NULL, and nothing is echoed then.
 */
typedef void (*case_runner)(CURL *curl, struct text *last);

/* Runs all cases as `agent` and has the reports written; for main() to return. */
int run_cases(const char *agent, case_runner run);

#endif
