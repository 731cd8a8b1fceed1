#ifndef BENCH_CURL_CALLBACKS_H
#define BENCH_CURL_CALLBACKS_H

#include "job.h"

/* Callback mode on one connection. */
void run_callbacks(const struct job *job);

#endif
