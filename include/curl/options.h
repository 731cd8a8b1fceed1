/*
 * Names and types of options: in curl.h with everything else. Programs include this name, too.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef CURLINC_OPTIONS_H
#define CURLINC_OPTIONS_H

#include "curl.h"

#endif /* CURLINC_OPTIONS_H */
