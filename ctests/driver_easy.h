/* The commands for the easy interface. */
#ifndef WSCURL_CTESTS_DRIVER_EASY_H
#define WSCURL_CTESTS_DRIVER_EASY_H

#include "driver_core.h"

extern const struct command easy_commands[];

#endif
