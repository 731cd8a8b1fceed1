#ifndef BENCH_CURL_CONNECT_ONLY_H
#define BENCH_CURL_CONNECT_ONLY_H

#include "job.h"

/* CURLOPT_CONNECT_ONLY 2 on one connection. */
void run_connect_only(const struct job *job);

#endif
