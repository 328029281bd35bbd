init 0
