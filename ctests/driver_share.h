/* The share handle, and the HSTS callbacks. */
#ifndef WSCURL_CTESTS_DRIVER_SHARE_H
#define WSCURL_CTESTS_DRIVER_SHARE_H

#include "driver_core.h"

/* Sets an HSTS callback for the value `on`, else NULL; false when the option is none. */
bool set_hsts_callback(struct slot *slot, CURLoption option, const char *value, CURLcode *code);

void free_share(void);

/* `share DATA...` makes the driver's share handle, if there is none, which shares these numbers of curl_lock_data, and sets it; `unshare`;
   `locks DATA`: how often the lock was taken. `hsts NAME SUBDOMAINS EXPIRES` is a host for the read callback, `hsts fail` its last answer. */
extern const struct command share_commands[];

#endif
