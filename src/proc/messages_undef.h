/* Ends one reading of messages.def: takes away the macros that gave its lines a meaning. Included many times, so without a guard. */
#undef MESSAGE
#undef U8
#undef U32
#undef U64
#undef FLAG
#undef FAILURE
#undef FIXED
#undef BYTES
#undef TEXT
#undef END
