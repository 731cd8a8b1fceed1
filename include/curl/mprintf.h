/*
 * The printf functions: in curl.h with everything else. Programs include this name, too.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_MPRINTF_H
#define CURLINC_MPRINTF_H

#include "curl.h"

#endif /* CURLINC_MPRINTF_H */
