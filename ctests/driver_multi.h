/* The commands of the multi interface, on one multi handle. */
#ifndef WSCURL_CTESTS_DRIVER_MULTI_H
#define WSCURL_CTESTS_DRIVER_MULTI_H

#include "driver_core.h"

extern const struct command multi_commands[];

#endif
