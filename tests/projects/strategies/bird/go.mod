module example.com/bird

go 1.26
