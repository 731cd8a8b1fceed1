/*
 * System headers: in curl.h with everything else. Programs include this name, too.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_STDCHEADERS_H
#define CURLINC_STDCHEADERS_H

#include "curl.h"

#endif /* CURLINC_STDCHEADERS_H */
