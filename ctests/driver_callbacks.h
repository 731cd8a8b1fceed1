/* The callbacks, and commands that say what happens in them. */
#ifndef WSCURL_CTESTS_DRIVER_CALLBACKS_H
#define WSCURL_CTESTS_DRIVER_CALLBACKS_H

#include "driver_core.h"

/* Sets the callback of `option` and its data for the value `on`, else NULL; false when the option is no callback. */
bool set_callback(struct slot *slot, CURLoption option, const char *value, CURLcode *code);

/* How a command is run that a callback was told to run. */
void run_actions_with(void (*run)(char *line));

void forget_actions(void);

/* `on KIND WHEN COMMAND`: WHEN is the number of the call, `*` or `paused`. Inside COMMAND: `ret VALUE` sets what the callback
   returns, `data DATA` what the read callback hands out, `stop_after BYTES` ends the transfer once the write callback has got so many.
   `quiet KIND`, `show KIND`: whether calls are printed; `tally KIND`: their sum; `upload DATA [chunk=N]`: for the read callback. */
extern const struct command callback_commands[];

#endif
