/* The command for curl_easy_getinfo. */
#ifndef WSCURL_CTESTS_DRIVER_INFO_H
#define WSCURL_CTESTS_DRIVER_INFO_H

#include "driver_core.h"

/* getinfo NAME */
void getinfo_command(const struct call *call);

#endif
